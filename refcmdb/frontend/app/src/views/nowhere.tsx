import { Heading } from "../parts";
import { Link } from "../router";

export default function Nowhere() {
  return (
    <>
      <Heading title="Not found">There is nothing here</Heading>
      <p>
        Perhaps it was deleted. <Link to="/devices">All devices</Link>
      </p>
    </>
  );
}
